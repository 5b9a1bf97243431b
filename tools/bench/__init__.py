"""The benchmark: how much of a bare FastAPI route's throughput a signed, tenant-scoped request keeps."""
