"""People who interpret or speak for a community: who they are, when they can, for whom they are asked."""
