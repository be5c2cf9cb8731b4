"""Measures the trained assistant on labelled messages: `nmt-guide evaluate`.

sets          the labelled messages, as files
assistant     the trained model in this process, with its actions
replies       what a reply amounts to: which topic, which offer, which alarm
counts        right, offered, wrong, refused; caught, missed, alarmed
confidence    whether the confidence means what it says, and what a threshold costs
alarms        what the thresholds of the safety screen cost
speed         milliseconds of each component
folds         cross-validation of the example questions
parts         what a part of a message must show to be a question of its own
targets       what the project promised
plots, report one readable page
run           all of it, in order
"""
