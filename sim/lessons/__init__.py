"""Lessons for instructors: each file with a `LESSON` is one; `sim.experiments.lesson` finds and runs them,
`sim.report.lesson` writes the page.
"""
