import gc


def pytest_collection_finish(session):
    """Look for garbage less often: what the imports have left behind stays to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
