"""Where actions run: inside the assistant's own process, or in an action server that may not keep clients waiting."""

from __future__ import annotations

import json
from typing import Any

from rasa.utils.endpoints import ClientResponseError as RasaClientResponseError
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from nmt_guide.server import tracing

#: Longest wait for an action server, in seconds. Rasa's own is five minutes: a client is gone by then, and Sanic has
#: cut the request after one. Our actions take milliseconds.
PATIENCE_SECONDS = 10.0


class ActionServer(EndpointConfig):
    """An action server elsewhere; one that hangs counts as one that is down."""

    async def request(self, method: str = "post", subpath: str | None = None, **kwargs: Any) -> Any:
        """See parent class."""
        with tracing.span(f"action {(kwargs.get('json') or {}).get('next_action')}", where="server"):
            return await super().request(method, subpath, **{**kwargs, "timeout": PATIENCE_SECONDS})


class InProcessActions(EndpointConfig):
    """Runs actions as `rasa run actions` would, without a network between.

    Rasa asks an `EndpointConfig` for the result of an action; this one asks the action itself.

    Args:
        package: name of the package with the actions.
    """

    def __init__(self, package: str = "actions") -> None:
        super().__init__(url="in-process")
        self._executor = ActionExecutor()
        self._executor.register_package(package)

    async def request(self, method: str = "post", subpath: str | None = None, **kwargs: Any) -> Any:
        """The result of one action, in the shape of the action server's reply.

        Raises:
            RasaClientResponseError: as for an action server: 400 when the action rejects its execution, 404 when
                there is no such action.
        """
        call = kwargs["json"]
        try:
            with tracing.span(f"action {call.get('next_action')}", where="process"):
                result = await self._executor.run(call)
        except ActionExecutionRejection as error:
            text = json.dumps({"error": str(error), "action_name": error.action_name})
            raise RasaClientResponseError(400, "rejected", text) from error
        except ActionNotFoundException as error:
            raise RasaClientResponseError(
                404, "unknown action", json.dumps({"action_name": error.action_name})
            ) from error
        return result
