// Buttons of the page that use the chat, by its public methods.
const chat = () => document.querySelector("nmt-chat");

for (const button of document.querySelectorAll("[data-open]")) {
  button.addEventListener("click", () => chat()?.open());
}
for (const button of document.querySelectorAll("[data-ask]")) {
  button.addEventListener("click", () => chat()?.ask(button.dataset.ask));
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Please copy by hand";
    }
    setTimeout(() => (button.textContent = before), 2000);
  });
}
