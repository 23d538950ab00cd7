"""What is shown of a run.

In reading order:

- `display`: tables in a terminal
- `shrink`, `repro`: short scripts that show what a check found
- `page`: the matrix as an HTML page, of the template `page.html`
- `junit`: JUnit's XML
- `compare`: what changed between two reports
"""
