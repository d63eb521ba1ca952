import { createConnection } from 'mysql2/promise'

/** How the local server is reached. */
const server = { host: '127.0.0.1', port: 3306, user: 'root', connectTimeout: 2000 }

/** The options of a database of this name, made if it is not there; null where no server runs, except on CI. */
export async function mysqlOptions(database: string): Promise<(typeof server & { database: string }) | null> {
  try {
    const connection = await createConnection(server)
    await connection.query(`create database if not exists ${database} character set utf8mb4`)
    await connection.end()
  } catch (error) {
    if (process.env['CI'] !== undefined) throw error
    return null
  }
  return { ...server, database }
}
