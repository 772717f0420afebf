"""Jobs of a sweep that have left their folders."""

from rankdistill.files import write_json_atomically
from rankdistill.sweeps.job_record import OK, JobRecord
from rankdistill.sweeps.plan import Job


def job(size, *fixed):
    return Job(f"size={size}", (f"size={size}", *fixed))


def leave(folder, of, status=OK, code="now", settings=None, data="same"):
    record = JobRecord(of.name, list(of.overrides), {}, code, status, settings=settings or {})
    record.write(folder / of.name)
    if status == OK:
        result = {"status": "ok", "metrics": {"test/map@5": 0.1}, "data": {"fingerprint": data}}
        write_json_atomically(folder / of.name / "metrics.json", result)
