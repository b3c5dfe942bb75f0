"""aiortc's private parts that the relay leans on: when a new version moves one, this says which, and what to look at.

A digest that differs is no failure of the library: read the new source, adapt the private_parts.py that leans on it if it
has to be, and write down the new digest. tests/media/test_relay.py tells whether media still pass.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import aioice.ice
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcdtlstransport import RTCDtlsTransport, RtpRouter
from aiortc.rtcrtpreceiver import RemoteBitrateEstimator
from aiortc.rtp import HeaderExtensionsMap, wrap_rtx

# What of it we mirror, replace or are called by.
LEANED_UPON: dict[str, tuple[Callable[..., Any], str]] = {
    "_Tap stands in for it": (JitterBuffer.add, "c6cd693611aa3eb4"),
    "_Tap is called by it, with what it has unwrapped": (RTCRtpReceiver._handle_rtp_packet, "4e54983d021a6336"),
    "take_packets listens before it": (RTCRtpReceiver._handle_rtcp_packet, "ec9f46214c3495b2"),
    "_CappedEstimator stands in for it": (RemoteBitrateEstimator.add, "f315f6c6d1995c1f"),
    "ask_for_keyframe calls it": (RTCRtpReceiver._send_rtcp_pli, "ae74c43d50f6eb7b"),
    "put_packets replaces it": (RTCRtpSender._run_rtp, "ff597a1d554cb373"),
    "put_packets is started by it": (RTCRtpSender.send, "3969482b77a2a65f"),
    "put_packets is stopped by it": (RTCRtpSender.stop, "38c1e92baf8e2997"),
    "put_packets listens before it": (RTCRtpSender._handle_rtcp_packet, "a4ee4c7355f8de7a"),
    "it sends again from the history that we fill": (RTCRtpSender._retransmit, "ae0b2491944b52dc"),
    "it reports the counts that we keep": (RTCRtpSender._run_rtcp, "51e0a924eac4e39b"),
    "we send through it": (RTCDtlsTransport._send_rtp, "763b02bceb0b0ab9"),
    "put_directly is started by it, and answers what it is told in its stead": (
        RTCDtlsTransport._handle_rtcp_data,
        "5469e786d77b37b2",
    ),
    "DirectSender does what it does, without waiting": (aioice.ice.Connection.send, "8f91d54578f0ca74"),
    "and what this does": (aioice.ice.Connection.sendto, "bf162ec03bdce2cc"),
    "and this": (aioice.ice.StunProtocol.send_data, "8bfbce074a897482"),
    "DirectSender encrypts with what it makes": (RTCDtlsTransport._setup_srtp, "75cc6ec308f16da1"),
    "DirectSender writes what it writes": (wrap_rtx, "0f099d4ba56fb887"),
    "WireFormat leans on the extensions that it offers": (HeaderExtensionsMap.set, "55c43cd8952bc31a"),
    "bound_transport stands before it": (RtpRouter.route_rtp, "e4bcc08d181438b7"),
    "bound_transport stands before this too": (aioice.ice.Connection.check_incoming, "cb3e32bd47e5fa82"),
    "without candidates, and without a word that there are no more, it waits for who comes": (
        aioice.ice.Connection._check_periodic,
        "ce421a512904f981",
    ),
    "choose_addresses replaces it": (aioice.ice.get_host_addresses, "d4a54f9a68c39ff1"),
    "PortRangeLoop is asked by it for a socket": (aioice.ice.Connection.get_component_candidates, "118597a9fcb703f9"),
}


def digest(part: Callable[..., Any]) -> str:
    return hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:16]


@pytest.mark.parametrize("reason", LEANED_UPON)
def test_a_private_part_is_as_we_know_it(reason: str) -> None:
    part, known = LEANED_UPON[reason]
    assert digest(part) == known, f"{part.__qualname__} has changed: {reason}"


async def test_the_attributes_we_use_are_there() -> None:
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = pc.addTransceiver("video")
    receiver = [f"_RTCRtpReceiver__{name}" for name in ("jitter_buffer", "remote_bitrate_estimator")]
    names = ("rtp_started", "rtp_exited", "rtp_history", "rtp_header_extensions_map", "mid", "rtx_payload_type")
    counts = ("ntp_timestamp", "rtp_timestamp", "octet_count", "packet_count")
    sender = [*(f"_RTCRtpSender__{name}" for name in (*names, *counts)), "_ssrc", "_rtx_ssrc", "_send_keyframe", "transport"]
    dtls = transceiver.sender.transport
    assert [name for name in ("_tx_srtp", "_rtp_router") if not hasattr(dtls, name)] == []
    assert isinstance(dtls.transport._connection._nominated, dict)
    assert [name for name in receiver if not hasattr(transceiver.receiver, name)] == []
    assert [name for name in sender if not hasattr(transceiver.sender, name)] == []
    await pc.close()
