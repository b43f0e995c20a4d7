from tests.webapp.fakes.fixtures import draft as draft
from tests.webapp.fakes.fixtures import registry as registry
from tests.webapp.fakes.fixtures import sandboxed as sandboxed
