export type {
  Http3Body,
  Http3BodyReader,
  Http3Closure,
  Http3Exchange,
  Http3Limits,
  Http3ResponseOptions,
  Http3Session,
  Http3SessionOptions,
  QuicAddress,
  QuicCloseOptions,
  QuicClosure,
  QuicConnection,
  QuicConnectionHandler,
  QuicStream,
  QuicStreamHandler,
  QuicTransport,
} from './contract.ts'
export { nameOfErrorCode } from './error-code.ts'
export { createHttp3Session } from './session.ts'
