"""Dovecot on this machine with one mailbox in it."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imapclient

DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""
USER, PASSWORD = "families@grandbend.example", "a-long-password"
PATIENCE = 15.0

CONF = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
ssl = no
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = no
listen = 127.0.0.1
mail_location = maildir:{folder}/mail/%u
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
default_process_limit = 10
default_client_limit = 100
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner_group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
{more}
"""


@dataclass
class ImapServer:
    """A mail server that families' answers and bounces lie in."""

    more: str = ""  # configuration
    port: int = 0
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="imap-")))

    def start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        me = pwd.getpwuid(os.getuid()).pw_name
        root = os.getuid() == 0
        owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
        (self.folder / "mail").mkdir()
        self.folder.chmod(0o755)
        if root:  # Dovecot gives no mail to root
            os.chown(self.folder / "mail", owner.pw_uid, owner.pw_gid)
        conf = self.folder / "dovecot.conf"
        conf.write_text(
            CONF.format(
                folder=self.folder,
                port=self.port,
                password=PASSWORD,
                internal="dovecot" if root else me,
                login="dovenull" if root else me,
                group="dovecot" if root else pwd.getpwuid(os.getuid()).pw_gid,
                owner=owner.pw_uid,
                owner_group=owner.pw_gid,
                more=self.more,
            )
        )
        self._process = subprocess.Popen([DOVECOT, "-F", "-c", str(conf)])
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            log = self.folder / "dovecot.log"
            said = log.read_text() if log.exists() else ""
            assert time.monotonic() < end, said
            assert self._process.poll() is None, said
            time.sleep(0.05)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self, **more: str) -> dict[str, str]:
        """What the carrier has to know of it."""
        return {
            "imap_host": "127.0.0.1",
            "imap_port": str(self.port),
            "imap_tls": "none",
            "imap_user": USER,
            "imap_password": PASSWORD,
            **more,
        }

    def client(self) -> Any:
        client = imapclient.IMAPClient("127.0.0.1", port=self.port, ssl=False)
        client.login(USER, PASSWORD)
        return client

    def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        client = self.client()
        for mail in mails:
            client.append(folder, mail)
        client.logout()

    def lies_in(self, folder: str) -> int:
        """How many mails are in this folder; 0 where there is none."""
        client = self.client()
        try:
            if not client.folder_exists(folder):
                return 0
            return int(client.folder_status(folder, ["MESSAGES"])[b"MESSAGES"])
        finally:
            client.logout()

    def empty(self) -> None:
        client = self.client()
        for _, _, name in client.list_folders():
            client.select_folder(name)
            client.delete_messages(client.search())
            client.expunge()
        client.logout()
