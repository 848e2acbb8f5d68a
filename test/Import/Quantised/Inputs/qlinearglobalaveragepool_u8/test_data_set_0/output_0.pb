ByJ
fm£u—l„V\