"""Reading a submission: its cells, statements, names and slices. Static: nothing here runs student code.

The way from bytes to what is run, one question per module:

    cells           which cells of Python does the file hold?         magics: IPython's `%` and `!` lines
    parsing         which statements does a cell hold?                syntax_errors: why it does not compile
    statements      what does each statement do to names?             names: by bytecode; effects: by its tree
    call_graph      what does a call of each function lead to?
    never_run       which statements, or parts of them, never run?
    needs           which statements do the required functions need?
    own_names       what does the file call the required functions?
    definitions     which definition of a function is graded?
    missing         why is there no definition to grade?
    slicing         all of it, in order
    findings        what does the source of a graded function show?
"""
