"""Naming the mistake: variants of the reference, matched with what a student's function gives."""


