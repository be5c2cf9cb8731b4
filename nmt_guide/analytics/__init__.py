"""What clients asked, counted without who asked and in which words: for the clinic's staff."""
