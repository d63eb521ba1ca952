import { describe, expect, it } from 'vitest'
import type { SqlDialect } from '../../../src/stores/contract.ts'
import { tokenize, type TokenKind } from '../../../src/stores/sql/tokenize.ts'

function pieces(sql: string, dialect: SqlDialect, kind: TokenKind): string[] {
  return tokenize(sql, dialect)
    .filter((token) => token.kind === kind)
    .map((token) => sql.slice(token.start, token.end))
}

describe('tokenize', () => {
  it.each<[name: string, dialect: SqlDialect, sql: string, parameters: string[]]>([
    ['a parameter in plain text', 'sqlite', 'a = :b', [':b']],
    ['no parameter in a string', 'sqlite', "':a' :b", [':b']],
    ['no parameter behind a doubled quote', 'sqlite', "'it''s :a' :b", [':b']],
    ['no parameter in a quoted name', 'sqlite', '":a" `:b` [:c] :d', [':d']],
    ['no parameter in a line comment', 'sqlite', '-- :a\n:b', [':b']],
    ['no parameter in a block comment', 'sqlite', '/* :a \n */ :b', [':b']],
    ['the end of a block comment that begins another', 'sqlite', '/* /* */ :b', [':b']],
    ['a comment that is only a slash long', 'sqlite', '/*/ :a */ :b', [':b']],
    ['nested block comments in PostgreSQL', 'postgres', '/* /* :a */ :b */ :c', [':c']],
    ['no parameter in a cast', 'postgres', 'a::text = :b::int', [':b']],
    ['no parameter in a slice', 'postgres', 'a[1:n] = :b', [':b']],
    ['a parameter in an index', 'postgres', 'a[:n]', [':n']],
    ['no parameter in dollar quotes', 'postgres', '$$ :a $$ $f$ :b $$ :c $f$ :d', [':d']],
    ['no parameter in an escaped string', 'postgres', "E'\\' :a' :b", [':b']],
    ['a backslash that is no escape', 'postgres', "'\\' :a", [':a']],
    ['the operator of named arguments', 'postgres', 'f(a := :b)', [':b']],
    ['no parameter behind a backslash', 'mysql', "'\\' :a' :b", [':b']],
    ['no parameter in a double-quoted string', 'mysql', '":a" :b', [':b']],
    ['no parameter in a hash comment', 'mysql', '# :a\n:b', [':b']],
    ['dashes that are no comment', 'mysql', '1--:a', [':a']],
    ['a label', 'mysql', 'again: loop', []],
    ['no parameter in brackets', 'mssql', '[a]]:b] :c', [':c']],
    ['a variable of T-SQL', 'mssql', '@a = :b', [':b']],
    ['names of other alphabets', 'sqlite', 'größe:a', [':a']],
  ])('finds %s (%s)', (_, dialect, sql, parameters) => {
    expect(pieces(sql, dialect, 'parameter')).toEqual(parameters)
  })

  it.each<[dialect: SqlDialect, sql: string, placeholders: string[]]>([
    ['sqlite', "? ?1 @a $b '?'", ['?', '?1', '@a', '$b']],
    ['postgres', "a ? 'b' and c = $1", ['$1']],
    ['mysql', "? @a '?'", ['?']],
    ['mssql', '? @a', []],
  ])('finds placeholders of %s in %s', (dialect, sql, placeholders) => {
    expect(pieces(sql, dialect, 'placeholder')).toEqual(placeholders)
  })

  it.each([
    ["select\n'abc", 'line 2'],
    ['select "abc', 'line 1'],
    ['/* abc', 'line 1'],
  ])('refuses %j, which is not closed', (sql, line) => {
    expect(() => tokenize(sql, 'sqlite')).toThrow(expect.objectContaining({ code: 'SQL_SYNTAX' }))
    expect(() => tokenize(sql, 'sqlite')).toThrow(line)
  })

  it('refuses dollar quotes that are not closed', () => {
    expect(() => tokenize('$a$ text $b$', 'postgres')).toThrow(
      expect.objectContaining({ code: 'SQL_SYNTAX' }),
    )
  })

  it('refuses NUL, behind which an engine would not look', () => {
    const sql = 'delete from notes \0 where id = 1'
    expect(() => tokenize(sql, 'sqlite')).toThrow(expect.objectContaining({ code: 'SQL_SYNTAX' }))
  })

  it('refuses text over its bound', () => {
    const sql = ' '.repeat(4_194_305)
    expect(() => tokenize(sql, 'sqlite')).toThrow(expect.objectContaining({ code: 'SQL_SYNTAX' }))
  })

  it('takes a megabyte of open comments in linear time', () => {
    const begun = performance.now()
    expect(() => tokenize('/*'.repeat(500_000), 'postgres')).toThrow(
      expect.objectContaining({ code: 'SQL_SYNTAX' }),
    )
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})
