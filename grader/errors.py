"""Every exception that grader raises on purpose.

    GraderError                 base; its text is one sentence for a person
    ├── UsageError              the arguments or an input cannot be used       (exit code 2)
    ├── ExerciseError           a folder of reference/ says something unusable (exit code 2)
    ├── IsolationError          the machine cannot enforce what was required   (exit code 2)
    ├── GraderFault             grader's own machinery failed                  (exit code 3)
    └── StudentFailure          a call of the student's function gave no value; a check's failure
        ├── Missing             the file does not define the function
        ├── Raised              it raised an exception
        ├── TimedOut            it ran out of time
        ├── Died                its process ended: exit, crash, memory, or killed
        └── BadReply            its process sent what is not a reply
    CheckFailure                a check's finding: a sentence and, where values differ, a Mismatch
"""
