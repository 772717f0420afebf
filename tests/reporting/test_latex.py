import re

from tests.reporting.made_document import TEX, made_document

from rankdistill.reporting.latex import latex_escaped, latex_report


def test_latex_escapes_what_means_something_to_it():
    assert latex_escaped(TEX) == (
        r"50\% of\_a \{b\} \& \#1 \$x\$ \textasciitilde{}\textasciicircum{}\textbackslash{} "
        r"\textless{}a\textgreater{} \textbar{} [x](https:)"
    )
    assert latex_escaped("-.0100") == "$-$.0100"
    assert latex_escaped("-") == "-"
    assert latex_escaped(".2 ± .1") == r".2 $\pm$ .1"


def test_latex_tables_have_booktabs_rules_and_as_many_cells_as_columns(tmp_path):
    text = latex_report(made_document(tmp_path), top=2)
    assert text.count(r"\begin{tabular}{rlrr}") == 1
    assert re.findall(r"\\(\w+rule)", text) == ["toprule", "midrule", "bottomrule"]
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert rows == [
        r"\# & name & size & difference \\",
        r"1 & b & 900 B & $-$.0100 \\",
        r"2 & a & 1.00 kB & +.0200 \\",
    ]
    assert text.count("{") == text.count("}")


def test_latex_of_a_sweep_without_results_is_a_comment(tmp_path):
    text = latex_report(made_document(tmp_path, with_tables=False), top=2)
    assert all(line.startswith("%") for line in text.splitlines() if line)
