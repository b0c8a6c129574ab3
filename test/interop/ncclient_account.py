# What every session of ncclient is opened with, from the account that a test gives.
def account(job):
    return {
        "host": job["host"],
        "port": job["port"],
        "username": job["user"],
        "key_filename": job.get("keyFile"),
        "password": job.get("password"),
        "hostkey_verify": False,
        "allow_agent": False,
        "look_for_keys": False,
        "timeout": 30,
    }
