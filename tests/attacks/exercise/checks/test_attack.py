def test_values(student, reference, inputs, assert_close):
    """attack(x) is right."""
    x = inputs.vector()
    assert_close(student.attack(x.clone()), reference.attack(x), "attack(x)")
