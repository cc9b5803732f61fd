"""Asks the operator's mail server whether it answers and lets us in; sends no message."""

from __future__ import annotations

import smtplib
import ssl

from pydantic import SecretStr

from monitor.alerts.mailserver import MailMode, MailServer, mail_server_from_url
from monitor.errors import MonitorError

_TIMEOUT_S = 15.0


class MailServerUnreachableError(MonitorError):
    """The mail server {server} cannot be used: {why}"""


def mail_server_answers(url: SecretStr | None) -> str:
    """One sentence about the server that answered. Raises BadInputError, MailServerUnreachableError."""
    server = mail_server_from_url(url)
    name = f"{server.host}:{server.port}"
    try:
        with _connected(server) as connection:
            if server.user:
                connection.login(server.user, server.password.get_secret_value())
            connection.noop()
    except smtplib.SMTPAuthenticationError:
        raise MailServerUnreachableError(server=name, why="it refuses the user name or password.") from None
    except smtplib.SMTPException as error:
        raise MailServerUnreachableError(server=name, why=f"{type(error).__name__}.") from None
    except OSError as error:
        raise MailServerUnreachableError(
            server=name, why=f"{error.strerror or type(error).__name__}."
        ) from None
    return f"{name} answers ({server.mode.value})."


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.mode is MailMode.SSL:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_S, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)
    if server.mode is MailMode.STARTTLS:
        connection.starttls(context=context)
    return connection
