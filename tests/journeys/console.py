"""A client of the console: a browser without JavaScript."""

from __future__ import annotations

import re
from html import unescape

import httpx

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
HIDDEN = re.compile(r'name="escalation" value="([^"]+)"')


class ConsoleClient:
    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def sign_in(self, email: str, password: str) -> httpx.Response:
        self.open("/accounts/login/")
        return self.submit("/accounts/login/", login=email, password=password)

    def open(self, path: str) -> str:
        response = self.http.get(path)
        assert response.is_success, (path, response.status_code, response.text[:500])
        self.page = unescape(response.text)
        return self.page

    def submit(self, path: str, **fields: object) -> httpx.Response:
        token = TOKEN.search(self.page)
        assert token, self.page
        response = self.http.post(
            path,
            data={"csrfmiddlewaretoken": token[1], **fields},
            headers={"Referer": str(self.http.base_url)},
        )
        assert response.is_success, (path, response.status_code, response.text[:2000])
        self.page = unescape(response.text)
        return response

    def acknowledge(self, flag_path: str) -> None:
        self.open(flag_path)
        self.submit(f"{flag_path}acknowledge/", escalation=HIDDEN.findall(self.page))

    def review(self, flag_path: str, flag_id: str, **fields: object) -> None:
        self.open(flag_path)
        self.submit(f"{flag_path}review/", flags=[flag_id], **fields)
