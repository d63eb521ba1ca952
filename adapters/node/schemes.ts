/** Schemes of `DATABASE_URL`. */
export const databaseSchemes: readonly string[] = [
  'file',
  'libsql',
  'http',
  'https',
  'ws',
  'wss',
  'postgres',
  'postgresql',
]
