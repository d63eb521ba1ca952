/** Types of frames (RFC 9114 §7.2). */
export const frameType = {
  data: 0x0,
  headers: 0x1,
  cancelPush: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  goaway: 0x7,
  maxPushId: 0xd,
} as const

/** Types of unidirectional streams (RFC 9114 §6.2, RFC 9204 §4.2). */
export const streamType = { control: 0x0, push: 0x1, qpackEncoder: 0x2, qpackDecoder: 0x3 } as const

/** Types of HTTP/2 without a meaning in HTTP/3 (RFC 9114 §7.2.8): PRIORITY, PING, WINDOW_UPDATE, CONTINUATION. */
export function isHttp2Frame(type: number): boolean {
  return type === 0x2 || type === 0x6 || type === 0x8 || type === 0x9
}

/** Is it a frame that no request stream may carry towards a server (RFC 9114 §7.2)? */
export function isMisplaced(type: number): boolean {
  return (
    isHttp2Frame(type) ||
    type === frameType.cancelPush ||
    type === frameType.settings ||
    type === frameType.pushPromise ||
    type === frameType.goaway ||
    type === frameType.maxPushId
  )
}
