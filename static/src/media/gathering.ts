/** Waiting for a peer connection's candidates, for descriptions that go out whole. */

/** The other end's own addresses need no help; what a slow TURN server adds later is not waited for. */
const GATHERING_TIMEOUT_MS = 1_500;

export function gatherCandidates(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      connection.onicegatheringstatechange = null;
      resolve();
    };
    const timer = setTimeout(finish, GATHERING_TIMEOUT_MS);
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState === "complete") finish();
    };
  });
}
