"""What is done with a student's work after its exercise has ended: functions called, classes built, cells run again."""
