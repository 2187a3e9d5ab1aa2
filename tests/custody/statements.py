"""Bank statements as files, written here: each version, sound and broken."""

from __future__ import annotations


def entry(
    amount: str, side: str = "CRDT", *, version: int = 8, details: str = "", **more: str
) -> str:
    status = more.get("status", "BOOK")
    shown = f"<Sts>{status}</Sts>" if version < 8 else f"<Sts><Cd>{status}</Cd></Sts>"
    reference = more.get("reference", "")
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{shown}'
        f"<BookgDt><Dt>{more.get('day', '2026-03-02')}</Dt></BookgDt>"
        + (f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else "")
        + (f"<NtryDtls>{details}</NtryDtls>" if details else "")
        + "</Ntry>"
    )


def detail(amount: str, text: str, *, name: str = "", version: int = 8, own: str = "") -> str:
    party = f"<Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr>"
    if version < 8:
        party = f"<Dbtr><Nm>{name}</Nm></Dbtr>"
    return (
        "<TxDtls><Refs>"
        + (f"<AcctSvcrRef>{own}</AcctSvcrRef>" if own else "")
        + f'<EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="CNY">{amount}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><RltdPties>{party}</RltdPties>"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    )


def camt(
    *entries: str, version: int = 8, opening: str = "100.00", closing: str = "100.00"
) -> bytes:
    def balance(kind: str, amount: str) -> str:
        side = "DBIT" if amount.startswith("-") else "CRDT"
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
            f'<Amt Ccy="CNY">{amount.lstrip("-")}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
            "<Dt><Dt>2026-03-02</Dt></Dt></Bal>"
        )

    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.0{version}">'
        "<BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S-1</Id>"
        "<ElctrncSeqNb>17</ElctrncSeqNb><Acct><Id><Othr><Id>6222020200</Id></Othr></Id>"
        f"<Ccy>CNY</Ccy></Acct>{balance('OPBD', opening)}{balance('CLBD', closing)}"
        f"{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    ).encode()
