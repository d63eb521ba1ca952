import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Calls `listener` once when a response is closed, complete or not. Returns what ends the watch. */
export function onClosed(response: ServerResponse, socket: Socket, listener: () => void): () => void {
  const stop = (): void => {
    response.off('close', onClose)
    socket.off('close', onClose)
  }
  const onClose = (): void => {
    stop()
    listener()
  }
  response.on('close', onClose)
  if (response.socket === null) {
    // A response that waits for earlier ones (pipelining) is told nothing when their connection closes. Any number of
    // them may wait, so the warning about many listeners would be wrong.
    socket.setMaxListeners(0)
    socket.on('close', onClose)
  }
  return stop
}
