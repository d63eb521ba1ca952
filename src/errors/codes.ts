/**
 * Every error code of the framework, in one place. A code is part of the public contract: it never changes its
 * meaning. The comment above each is the text of `docs/errors.md`.
 */
export type ErrorCode =
  // -- app ------------------------------------------------------------------------------------------------------
  /** The app was changed after its first request or its start */
  | 'APP_STARTED'
  /** One or more options are wrong; `details.problems` lists all of them */
  | 'OPTIONS_INVALID'
  /** A hook of start or stop failed or took longer than its bound */
  | 'HOOK_FAILED'
  /** A middleware neither returned a response nor the result of `next()` */
  | 'MIDDLEWARE_NO_RESPONSE'
  /** A middleware called `next()` twice */
  | 'MIDDLEWARE_NEXT_TWICE'
  /** A handler returned nothing, or a value of which no response can be made */
  | 'HANDLER_NO_RESPONSE'
  /** Something that is not an error was thrown */
  | 'THROWN_VALUE'
  /** An error that no part of the framework knows; the client sees no more than this */
  | 'INTERNAL'
  /** Something that the app stands on is down or busy; the client sees no more than this */
  | 'UNAVAILABLE'
  /** The handler did not answer within its bound */
  | 'HANDLER_TIMEOUT'
  /** The client went away before the answer was ready */
  | 'CLIENT_GONE'
  // -- router ---------------------------------------------------------------------------------------------------
  /** Two routes would match the same requests */
  | 'ROUTE_CONFLICT'
  /** A route pattern, a constraint or a host pattern is malformed */
  | 'ROUTE_PATTERN'
  /** No route matches the path (RFC 9110 §15.5.5) */
  | 'NOT_FOUND'
  /** The path exists, but not with this method (RFC 9110 §15.5.6) */
  | 'METHOD_NOT_ALLOWED'
  /** The path has a malformed percent-encoding, a control character, or is not UTF-8 */
  | 'PATH_MALFORMED'
  /** The request target is longer than the bound (RFC 9110 §15.5.15) */
  | 'URI_TOO_LONG'
  // -- database -------------------------------------------------------------------------------------------------
  /** No database of this name is configured */
  | 'DATABASE_UNKNOWN'
  // -- realtime -------------------------------------------------------------------------------------------------
  /** This runtime, or the server in front of the app, has no WebSockets */
  | 'WEBSOCKET_UNSUPPORTED'
  /** A WebSocket endpoint was asked by something that is no handshake of version 13 (RFC 6455 §4.2.1) */
  | 'WEBSOCKET_HANDSHAKE'
  /** The handshake came from a page of another origin (RFC 6455 §10.2) */
  | 'WEBSOCKET_ORIGIN'
  // -- request --------------------------------------------------------------------------------------------------
  /** The request is malformed in a way that no other code names */
  | 'BAD_REQUEST'
  /** The body is larger than the bound (RFC 9110 §15.5.14) */
  | 'BODY_TOO_LARGE'
  /** The body was read twice */
  | 'BODY_USED'
  /** The body ended before it was complete, or its sender went away */
  | 'BODY_ABORTED'
  /** The body is not what its media type says: malformed JSON, form, multipart or UTF-8 */
  | 'BODY_MALFORMED'
  /** The body did not arrive within its bound (RFC 9110 §15.5.9) */
  | 'BODY_TIMEOUT'
  /** The body has a media type that this route does not read (RFC 9110 §15.5.16) */
  | 'MEDIA_TYPE_UNSUPPORTED'
  /** No representation fits the `Accept` fields (RFC 9110 §15.5.7) */
  | 'NOT_ACCEPTABLE'
  /** The input does not fit its schema; `details.errors` lists each with a JSON Pointer */
  | 'INPUT_INVALID'
  /** A part, field, header or cookie count is over its bound */
  | 'LIMIT_EXCEEDED'
  // -- response -------------------------------------------------------------------------------------------------
  /** A header name or value has a character that HTTP forbids */
  | 'HEADER_INVALID'
  /** A cookie name, value or attribute has a character that RFC 6265 forbids */
  | 'COOKIE_INVALID'
  /** A redirect would leave the site and was not allowed to */
  | 'REDIRECT_REFUSED'
  /** `ctx.local` is over its budget */
  | 'LOCAL_BUDGET'
  /** `If-Match` or another precondition does not hold (RFC 9110 §15.5.13) */
  | 'PRECONDITION_FAILED'
  /** No requested range lies within the representation (RFC 9110 §15.5.17) */
  | 'RANGE_UNSATISFIABLE'
  /** A stream gave fewer or more bytes than its response announced */
  | 'STREAM_LENGTH'
  // -- crypto ---------------------------------------------------------------------------------------------------
  /** No secret is configured for what needs one, or a secret is too weak */
  | 'SECRET_MISSING'
  // -- server ---------------------------------------------------------------------------------------------------
  /** A listener could not open its address */
  | 'LISTEN_FAILED'
  /** A certificate, key or TLS option cannot be used */
  | 'TLS_INVALID'
  /** The server is stopping and takes no new work */
  | 'SERVER_STOPPING'
  // -- platform -------------------------------------------------------------------------------------------------
  /** This runtime cannot do what was asked; the message names an alternative */
  | 'CAPABILITY_MISSING'
  /** The answer is larger than what the runtime can send */
  | 'RESPONSE_TOO_LARGE'
  /** The session ended by another request after this one had read it */
  | 'SESSION_ENDED'
  // -- stores ---------------------------------------------------------------------------------------------------
  /** A store cannot do what was asked; the message names the store, the capability and an alternative */
  | 'STORE_UNSUPPORTED'
  /** A store was used after it was closed */
  | 'STORE_CLOSED'
  /** What lies under a store failed: a disk, a network, a service; `cause` has its error */
  | 'STORE_FAILED'
  /** A store refuses this key: it is malformed, or the store cannot name it */
  | 'STORE_KEY_INVALID'
  /** A range does not begin within the object */
  | 'STORE_RANGE'
  /** An object was written while it was being read */
  | 'STORE_CHANGED'
  /** An object, a value or a message is larger than the bound */
  | 'STORE_TOO_LARGE'
  /** What is to be incremented is no integer, or would leave ±(2^53-1) */
  | 'STORE_COUNTER'
  /** A store has as many subscriptions as it may have */
  | 'STORE_FULL'
  /** A store did not answer within its bound; a write may have taken effect */
  | 'STORE_TIMEOUT'
  // -- sql ------------------------------------------------------------------------------------------------------
  /** A row with the same value of a unique key exists */
  | 'SQL_UNIQUE'
  /** A row points to one that does not exist, or is pointed to */
  | 'SQL_FOREIGN_KEY'
  /** A column that must have a value got none */
  | 'SQL_NOT_NULL'
  /** A value breaks a check or another rule of the schema */
  | 'SQL_CHECK'
  /** The statement is malformed, names something that does not exist, or is more than one statement */
  | 'SQL_SYNTAX'
  /** A parameter is missing, unknown, or has a value that no database can take */
  | 'SQL_PARAMETER'
  /** A result cannot be handed over: too many rows, or an integer that the client cannot represent */
  | 'SQL_RESULT'
  /** A statement that may return one row returned more */
  | 'SQL_TOO_MANY_ROWS'
  /** Someone else held a lock longer than the bound; trying again may help */
  | 'SQL_BUSY'
  /** The database ended the transaction because two waited for each other; trying again may help */
  | 'SQL_DEADLOCK'
  /** The database ended the transaction because a concurrent one changed what it had read; trying again may help */
  | 'SQL_SERIALIZATION'
  /** A statement or a transaction took longer than its bound */
  | 'SQL_TIMEOUT'
  /** The signal of a statement or a transaction was aborted */
  | 'SQL_ABORTED'
  /** The database cannot be reached, or refused the credentials */
  | 'SQL_CONNECTION'
  /** The driver or its client is closed */
  | 'SQL_CLOSED'
  /** The database may not be written, or a read-only transaction tried to */
  | 'SQL_READ_ONLY'
  /** The disk is full, the file is damaged, or the database ran out of a resource */
  | 'SQL_STORAGE'
  /** A transaction was used after its end, beside a nested one, or after one of its statements had failed */
  | 'SQL_TRANSACTION_STATE'
  /** The database failed in a way that no other code names */
  | 'SQL_UNKNOWN'
  /** The catalogue has no statement of this name, or not in this dialect */
  | 'SQL_STATEMENT_UNKNOWN'
  // -- migrations -----------------------------------------------------------------------------------------------
  /** A migration has a malformed name, shares its number with another one, or is empty */
  | 'MIGRATION_INVALID'
  /** A migration was edited after it had run */
  | 'MIGRATION_CHANGED'
  /** A migration that has run is no longer there */
  | 'MIGRATION_MISSING'
  /** A migration has not run although a later one has */
  | 'MIGRATION_ORDER'
  /** A statement of a migration failed; nothing of this migration was kept */
  | 'MIGRATION_FAILED'
  /** A migration has no way back */
  | 'MIGRATION_IRREVERSIBLE'
  /** Another process held the migration lock longer than the bound, or took it over */
  | 'MIGRATION_LOCKED'
