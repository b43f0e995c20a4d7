"""For every test, also those inside provider folders: machines are shared, so slowness proves nothing."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "toolkit", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("toolkit")
