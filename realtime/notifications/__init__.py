"""Who is told what, and once: kinds, the jobs that tell, and the link that turns a kind off. Sending push is in server/push."""
