"""The codecs of a livestream: one for pictures, the same for publisher and viewers, since nothing is encoded anew."""

from __future__ import annotations

from aiortc import RTCRtpSender
from aiortc.rtcrtpparameters import RTCRtpCodecCapability

from config.media_settings import VideoCodec
from realtime.media.recording.streams import Packet
from realtime.media.recording.webm import Kind

# Constrained baseline, which every browser that knows H.264 at all can decode.
H264_PROFILE = "42e01f"
_STAP_A, _FU_A, _SPS, _IDR = 24, 28, 7, 5


def choose_codecs(kind: Kind, codec: VideoCodec) -> list[RTCRtpCodecCapability]:
    """For `setCodecPreferences`: exactly one codec, and retransmissions of pictures."""
    wanted = {"video/rtx", f"video/{codec}"} if kind == "video" else {"audio/opus"}
    return [
        capability
        for capability in RTCRtpSender.getCapabilities(kind).codecs
        if capability.mimeType.lower() in wanted and capability.parameters.get("profile-level-id", H264_PROFILE) == H264_PROFILE
    ]


def starts_keyframe(packet: Packet, codec: VideoCodec) -> bool:
    """Whether a picture that needs no other may begin here; of H.264 more than one packet of it may say so."""
    if codec == "vp8":
        return packet.starts_keyframe
    return _find_h264_unit(packet.wire_payload) in (_SPS, _IDR)


def _find_h264_unit(payload: bytes) -> int:
    """The type of the first unit in a packet (RFC 6184, section 5); 0 where none begins."""
    if len(payload) < 4:
        return 0
    kind = payload[0] & 0x1F
    if kind == _STAP_A:
        return payload[3] & 0x1F
    if kind == _FU_A:
        return payload[1] & 0x1F if payload[1] & 0x80 else 0
    return kind
