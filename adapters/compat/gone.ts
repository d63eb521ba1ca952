import type { IncomingMessage, ServerResponse } from 'node:http'

/** Calls `listener` once if the client goes away before the answer is complete. Returns what ends the watch. */
export function onGone(message: IncomingMessage, response: ServerResponse, listener: () => void): () => void {
  const { socket } = message
  const stop = (): void => {
    response.off('close', onClose)
    if (isWaiting) socket.off('close', onClose)
  }
  const onClose = (): void => {
    stop()
    if (!isComplete(message, response)) listener()
  }
  // A response that waits for earlier ones (pipelining) is told nothing when their connection closes.
  const isWaiting = response.socket === null
  response.on('close', onClose)
  if (isWaiting) {
    // Any number of them may wait, so the warning about many listeners would be wrong.
    socket.setMaxListeners(0)
    socket.on('close', onClose)
  }
  return stop
}

/** The response of HTTP/2 is no writable stream, and it says `finish` of a stream that was reset too. */
function isComplete(message: IncomingMessage, response: ServerResponse): boolean {
  return message.httpVersionMajor === 2 ? response.writableEnded : response.writableFinished
}
