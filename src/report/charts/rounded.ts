/**
 * An SQL expression rounded to so many digits, which keeps pages small; NULL stays NULL. Six are
 * what data tables show, four what tooltips show.
 */
export function rounded(expression: string, name: string, digits: 4 | 5 | 6): string {
  return `iif(${expression} IS NULL, NULL, CAST(printf('%.${digits}g', ${expression}) AS REAL)) AS ${name}`;
}
