/** An SQL expression rounded to six digits, as data tables show them, which keeps pages small; NULL stays NULL. */
export function sixDigits(expression: string, name: string): string {
  return `iif(${expression} IS NULL, NULL, CAST(printf('%.6g', ${expression}) AS REAL)) AS ${name}`;
}
