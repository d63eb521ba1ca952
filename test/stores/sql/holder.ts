// Opens a transaction in a file, writes into it, says so, and holds it until its input ends.
import { createClient } from '@libsql/client'

const client = createClient({ url: `file:${process.argv[2] ?? ''}` })
const transaction = await client.transaction('write')
await transaction.execute("insert into notes (title) values ('half')")
await transaction.execute("update notes set title = 'changed' where title = 'whole'")
process.stdout.write('holding\n')
for await (const chunk of process.stdin) void chunk
await transaction.commit()
client.close()
