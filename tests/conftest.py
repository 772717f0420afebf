import gc


def pytest_collection_finish(session):
    """Collect garbage less often, and leave out what was imported: it saves a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
