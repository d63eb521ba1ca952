import { describe, expect, it } from 'vitest'
import type { SqlDialect } from '../../../src/stores/contract.ts'
import { splitStatements } from '../../../src/stores/sql/split.ts'

const trigger = `create trigger log_it after insert on notes when new.a = ';' begin
  insert into log values (case when new.a is null then 0 else 1 end);
  delete from log where a = 'end;'; -- end;
end`

describe('splitStatements', () => {
  it.each<[name: string, dialect: SqlDialect, script: string, statements: string[]]>([
    ['nothing', 'sqlite', ' -- none\n;;', []],
    ['two statements', 'sqlite', 'a;\nb;\n', ['a', 'b']],
    ['a last one without a semicolon', 'sqlite', 'a; b', ['a', 'b']],
    [
      'semicolons in strings, comments and names',
      'sqlite',
      `a ';' /* ; */ ";"; -- ;\nb`,
      [`a ';' /* ; */ ";"`, 'b'],
    ],
    ['comments between statements', 'sqlite', '-- x\na; -- y\n/* z */ b', ['a', 'b']],
    ['a trigger', 'sqlite', `${trigger};\nselect 1`, [trigger, 'select 1']],
    [
      'a temporary trigger',
      'sqlite',
      'create temp trigger t begin a; b; end; c',
      ['create temp trigger t begin a; b; end', 'c'],
    ],
    [
      'a table with a column named begin',
      'sqlite',
      'create table t (begin text, end text); a',
      ['create table t (begin text, end text)', 'a'],
    ],
    [
      'a function in dollar quotes',
      'postgres',
      'create function f() as $$ begin a; end $$; b',
      ['create function f() as $$ begin a; end $$', 'b'],
    ],
    [
      'an atomic function',
      'postgres',
      'create function f() begin atomic a; b; end; c',
      ['create function f() begin atomic a; b; end', 'c'],
    ],
    [
      'a procedure with blocks',
      'mysql',
      'create procedure p() begin if a then b; end if; while c do d; end while; case e when 1 then f; end case; end; g',
      [
        'create procedure p() begin if a then b; end if; while c do d; end while; case e when 1 then f; end case; end',
        'g',
      ],
    ],
    [
      'batches of T-SQL',
      'mssql',
      'a\nGO\ncreate procedure p as b; c;\ngo\nd',
      ['a', 'create procedure p as b; c;', 'd'],
    ],
    ['a column named go', 'mssql', 'select go from t', ['select go from t']],
  ])('splits %s (%s)', (_, dialect, script, statements) => {
    expect(splitStatements(script, dialect)).toEqual(statements)
  })

  it('refuses a script whose string is not closed', () => {
    expect(() => splitStatements("a; 'b", 'sqlite')).toThrow(expect.objectContaining({ code: 'SQL_SYNTAX' }))
  })
})
