"""Certificates made by openssl, as people make them."""
import subprocess
from pathlib import Path


class Authority:
    """One that issues certificates into its directory: NAME.pem and NAME.key; its own is ca.pem."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True)
        self.openssl("req", "-x509", *self.key("ca"), "-subj", "/CN=Test authority", "-days", "30", "-out", "ca.pem")

    def openssl(self, *words: str) -> None:
        """A command."""
        subprocess.run(["openssl", *words], cwd=self.directory, check=True, capture_output=True)

    @staticmethod
    def key(name: str) -> list[str]:
        """Words that make a new key."""
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]

    def issue(self, name: str, names: str, days: int = 30, subject: str = "/O=Muster") -> None:
        """A certificate for `names`, "DNS:host,IP:address"; one for less than no days has expired."""
        self.openssl("req", "-new", *self.key(name), "-subj", subject, "-addext", f"subjectAltName={names}",
                     "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-days", str(days), "-copy_extensions", "copyall", "-out", f"{name}.pem")

    def file(self, name: str) -> Path:
        """Where it is."""
        return self.directory / name
