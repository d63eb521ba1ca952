import type { QuicStreamHandler } from './contract.ts'

/** Takes no notice of a stream that was refused. */
export class RefusedStream implements QuicStreamHandler {
  onData(): void {
    // Not wanted.
  }

  onReset(): void {
    // Not wanted.
  }

  onStopSending(): void {
    // Not wanted.
  }

  onWritable(): void {
    // Not wanted.
  }
}
