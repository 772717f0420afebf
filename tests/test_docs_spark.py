"""The recipe for Spark in docs/serving.md runs as it stands, in Spark's local mode."""

import importlib
import shutil

import pytest

from rankdistill.rank_files.rank_file import write_rank_file
from rankdistill.serving.rank_model import load
from tests.documents import ROOT, blocks
from tests.rank_files.made_models import USER_IDS, made_model


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_recipe_for_spark_writes_the_lists_of_all_users(tmp_path, monkeypatch):
    for package in ("pyspark", "pandas", "pyarrow"):
        pytest.importorskip(package)
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    spark_sql = importlib.import_module("pyspark.sql")
    texts = [block.text for block in blocks(ROOT / "docs" / "serving.md") if block.language == "py"]
    (recipe,) = [text for text in texts if "mapInPandas" in text]
    write_rank_file(tmp_path / "shop.rank", made_model())
    model = load(tmp_path / "shop.rank")
    monkeypatch.chdir(tmp_path)
    spark = spark_sql.SparkSession.builder.master("local[1]").getOrCreate()
    try:
        exec(compile(recipe, "recipe", "exec"), {"__name__": "recipe"})
        rows = spark.read.parquet("scores").collect()
    finally:
        spark.stop()
    assert {row.user for row in rows} == set(USER_IDS)
    for row in rows:
        best = model.recommend(user=row.user, limit=100)
        assert row.items == [each.item for each in best]
        assert row.scores == pytest.approx([each.score for each in best], abs=1e-6)
