"""The page docs/lessons.md: the list of lessons from their objects, and how to run and to write one."""

from sim.experiments.lesson import shipped

HEADER = ["lesson", "question", "moral", "seconds", "a class code picks"]
LESSON_IN_PYTHON = """\
```python
from sim.experiments.lesson import lesson_of, run_lesson

found = run_lesson(lesson_of("rising_retention"), code="MK204", worlds=2)
print(found.worlds[["unlike_first", "unlike_last"]].round(2))
```"""
OWN_LESSON = '''\
<!-- file: my_lesson.py -->
```python
"""A lesson of one's own: does a price cut win customers?"""

from sim import Market
from sim.lessons.lesson import Ask, Bars, Claim, Lesson, Told, forked, own
from sim.report.formats import fixed
from sim.report.tables import Table


def experiment(scenario, seed, values):
    """Live a year with the cut and without."""
    world = Market(scenario, seed=seed)
    arms = {policy: own(forked(world, policy, 12), "kpis") for policy in ("none", "price_cut")}
    share = {policy: 100 * kpis["market_share"].iloc[-1] for policy, kpis in arms.items()}
    return {"gain": share["price_cut"] - share["none"]}


def tell(found):
    """Say by how much."""
    gain, cut = found.worlds["gain"], -100 * found.values["policies.price_cut.pricing.change"]
    points = f"{fixed(gain.mean(), 1)} points"
    return Told(
        scene=f"An operator cuts all fees by {fixed(cut)} %.",
        prediction=Ask("By how many points does its market share rise within a year?", points),
        happened=[f"It rose by {points}."],
        figures=[Bars("Market share, with the cut less without", "points", {"price cut": gain})],
        table=Table("After a year.", ["Measure", "Change"], [["Market share", points]]),
        claims=[Claim("A cut wins customers", gain, "points")],
        quiz=[Ask("By how many points did the share rise?", points)],
    )


LESSON = Lesson(
    name="my_lesson",
    title="A cut wins customers",
    question="Does a price cut win customers?",
    scenario="classroom",
    overrides=("customers.count=6_000", "policies=[none,price_cut]"),
    variants={"policies.price_cut.pricing.change": (-0.10, -0.15)},
    worlds=6,
    seconds=5,
    experiment=experiment,
    tell=tell,
    literature=("Few people look at prices in a month, so a cut wins them slowly.",),
    assumes=("Rivals do not answer.",),
)
```'''
BEFORE = (
    (
        "A lesson is one page for a class: a question, a prediction to make before anything is shown, an experiment in"
        " the lab, what happened in its numbers, what the literature\nsays and where it disagrees, and a quiz with its"
        " key. The page is one HTML file without script or network: put it on a projector, or hand it out.\nWhat is to"
        " be guessed is folded away."
    ),
    "```bash\nchurnlab lesson\n```",
    "lists them. This runs one, says what it shows, and writes `results/lessons/NAME.html`:",
    (
        "<!-- run: worlds=2 -->\n```bash\nchurnlab lesson rising_retention\nchurnlab lesson rising_retention"
        " code=MK204\n```"
    ),
    (
        "A *class code* picks other inputs (the last column) and other worlds, the same for everybody who types it:"
        " each class has its own\nnumbers and its own key, and the moral stays.\n`worlds=N` runs more or fewer paired"
        " worlds than the lesson does. `--json` prints the numbers, the claims and the key for a program."
    ),
    "## The lessons",
)
AFTER = (
    (
        "Seconds are about, on two cores once compiled. Every statement of a lesson is a *claim*: the mean of a number"
        " over paired\nworlds that must lie above a bound with its whole 95 % interval.\nThe page shows each claim with"
        " its interval, and says where one does not hold. `pytest -m validate tests/lessons` tests all claims, with"
        " the\ndefaults and with two class codes."
    ),
    "## In Python",
    LESSON_IN_PYTHON,
    "## A lesson of your own",
    (
        "Write a file with a `LESSON`, beside your scenarios. Two functions do the work. `experiment` lives one world"
        " and returns numbers by name\n(a pandas Series is a course, drawn as a line).\n`tell` says what they mean."
        " Inputs with a dot are keys of the scenario and are set already; others are words of your own, in `values`."
    ),
    OWN_LESSON,
    "<!-- run: worlds=2 -->\n```bash\nchurnlab lesson my_lesson.py\n```",
    (
        "`Ask` is a question with its answer (which must be among its choices, if it has any), `Bars` and `Lines` are"
        " figures, `Claim` is a statement\nand the number that must bear it out;\nall are in"
        " [sim/lessons/lesson.py](../sim/lessons/lesson.py). The files of `sim/lessons` are meant to be copied from."
    ),
)


def rows() -> list[list[str]]:
    """Rows of the table of lessons."""
    return [
        [
            f"[`{one.name}`](../sim/lessons/{one.name}.py)",
            one.question,
            one.title,
            str(one.seconds),
            ", ".join(f"`{key}`" for key in one.variants),
        ]
        for one in shipped().values()
    ]
