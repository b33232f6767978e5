require "../script"
