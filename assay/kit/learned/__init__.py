"""The learned kit: its weights in half precision, the sheet that says what they can do, and how they are unpacked."""
