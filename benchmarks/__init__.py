"""Ours and stock Rasa, side by side: `python -m benchmarks`. See `README.md` beside this file.

variants   the pipelines that are compared
material   the same examples and the same messages for all of them
measure    trains or measures one variant, in a process of its own
report     table, ratios and plot
"""
