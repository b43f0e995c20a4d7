"""Talks to the operator's mail server. Not through the door: its address is the operator's own setting, and rightly
often a private one."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage

from webapp.config import MailSettings

TIMEOUT = 15


class NotSent(Exception):
    """`final`: another attempt would not help. The message is one plain sentence without values."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def deliver(settings: MailSettings, message: EmailMessage) -> None:
    """Returns once the mail server took the message. Raises NotSent."""
    with _connected(settings) as server:
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotSent(
                f"The mail server refuses this recipient ({codes[0]}).", final=all(c >= 500 for c in codes)
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise NotSent("The mail server does not take addresses with such letters.", final=True) from None
        except smtplib.SMTPDataError as error:
            raise NotSent(
                f"The mail server refuses this mail ({error.smtp_code}).", final=error.smtp_code >= 500
            ) from None


def check(settings: MailSettings, *, timeout: float = 5) -> None:
    """Connects, secures and signs in, and sends nothing. Raises NotSent."""
    with _connected(settings, timeout=timeout) as server:
        server.noop()


@contextmanager
def _connected(settings: MailSettings, timeout: float = TIMEOUT) -> Iterator[smtplib.SMTP]:
    """A connection that is secured as the settings say, with the certificate verified, and signed in."""
    try:
        server = _open(settings, timeout)
        try:
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.username:
                server.login(settings.username, settings.password)
            yield server
        finally:
            # What was taken stays taken, however the parting goes.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()
    except smtplib.SMTPAuthenticationError:
        raise NotSent("The mail server refuses SMTP_USERNAME or SMTP_PASSWORD.") from None
    except smtplib.SMTPSenderRefused as error:
        raise NotSent(f"The mail server refuses MAIL_FROM ({error.smtp_code}).") from None
    except smtplib.SMTPNotSupportedError:
        raise NotSent("The mail server does not offer what SMTP_SECURITY or SMTP_USERNAME asks for.") from None
    except ssl.SSLCertVerificationError as error:
        raise NotSent(f"The mail server's certificate can't be trusted: {error.verify_message}.") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"The mail server could not be reached or broke off ({type(error).__name__}).") from None


def _open(settings: MailSettings, timeout: float) -> smtplib.SMTP:
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=timeout, context=ssl.create_default_context())
    return smtplib.SMTP(settings.host, settings.port, timeout=timeout)
