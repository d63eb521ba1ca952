/** Error codes of HTTP/3 (RFC 9114 §8.1) and QPACK (RFC 9204 §6). */
export const h3 = {
  noError: 0x100,
  generalProtocolError: 0x101,
  internalError: 0x102,
  streamCreationError: 0x103,
  closedCriticalStream: 0x104,
  frameUnexpected: 0x105,
  frameError: 0x106,
  excessiveLoad: 0x107,
  idError: 0x108,
  settingsError: 0x109,
  missingSettings: 0x10a,
  requestRejected: 0x10b,
  requestCancelled: 0x10c,
  requestIncomplete: 0x10d,
  messageError: 0x10e,
  connectError: 0x10f,
  versionFallback: 0x110,
  qpackDecompressionFailed: 0x200,
  qpackEncoderStreamError: 0x201,
  qpackDecoderStreamError: 0x202,
} as const

const names: ReadonlyMap<number, string> = new Map([
  [h3.noError, 'H3_NO_ERROR'],
  [h3.generalProtocolError, 'H3_GENERAL_PROTOCOL_ERROR'],
  [h3.internalError, 'H3_INTERNAL_ERROR'],
  [h3.streamCreationError, 'H3_STREAM_CREATION_ERROR'],
  [h3.closedCriticalStream, 'H3_CLOSED_CRITICAL_STREAM'],
  [h3.frameUnexpected, 'H3_FRAME_UNEXPECTED'],
  [h3.frameError, 'H3_FRAME_ERROR'],
  [h3.excessiveLoad, 'H3_EXCESSIVE_LOAD'],
  [h3.idError, 'H3_ID_ERROR'],
  [h3.settingsError, 'H3_SETTINGS_ERROR'],
  [h3.missingSettings, 'H3_MISSING_SETTINGS'],
  [h3.requestRejected, 'H3_REQUEST_REJECTED'],
  [h3.requestCancelled, 'H3_REQUEST_CANCELLED'],
  [h3.requestIncomplete, 'H3_REQUEST_INCOMPLETE'],
  [h3.messageError, 'H3_MESSAGE_ERROR'],
  [h3.connectError, 'H3_CONNECT_ERROR'],
  [h3.versionFallback, 'H3_VERSION_FALLBACK'],
  [h3.qpackDecompressionFailed, 'QPACK_DECOMPRESSION_FAILED'],
  [h3.qpackEncoderStreamError, 'QPACK_ENCODER_STREAM_ERROR'],
  [h3.qpackDecoderStreamError, 'QPACK_DECODER_STREAM_ERROR'],
])

/** The name of a code as the RFCs write it; `H3_NO_ERROR` for one they do not know (RFC 9114 §8). */
export function nameOfErrorCode(code: number): string {
  return names.get(code) ?? 'H3_NO_ERROR'
}

/** What the client did wrong, and how far it reaches: its stream, or the whole connection. Never leaves the session. */
export class Http3Error extends Error {
  override readonly name: string = 'Http3Error'
  readonly code: number
  readonly isConnectionError: boolean

  constructor(code: number, message: string, isConnectionError: boolean) {
    super(message)
    this.code = code
    this.isConnectionError = isConnectionError
  }
}

/** RFC 9114 §8: ends the connection. */
export function connectionError(code: number, message: string): Http3Error {
  return new Http3Error(code, message, true)
}

/** RFC 9114 §8: ends the stream. */
export function streamError(code: number, message: string): Http3Error {
  return new Http3Error(code, message, false)
}

/** RFC 9114 §4.1.2 */
export function malformed(message: string): Http3Error {
  return new Http3Error(h3.messageError, message, false)
}
